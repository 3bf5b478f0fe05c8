class Influxion < Formula
  desc "Signs and verifies PDF documents with certificates of Azure Key Vault"
  homepage "<< .Repository >>"
  version "<< .Version >>"
  license "Apache-2.0"

  on_macos do
    # From source: the keychain, where a sign-in is kept, is reached through C alone.
    url "<< .URL "source.tar.gz" >>"
    sha256 "<< .SHA256 "source.tar.gz" >>"
    depends_on "go" => :build
  end

  on_linux do
    on_intel do
      url "<< .URL "linux_amd64.tar.gz" >>"
      sha256 "<< .SHA256 "linux_amd64.tar.gz" >>"
    end
    on_arm do
      url "<< .URL "linux_arm64.tar.gz" >>"
      sha256 "<< .SHA256 "linux_arm64.tar.gz" >>"
    end
  end

  def install
    if OS.mac?
      system "go", "build", *std_go_args(ldflags: "-s -w -X main.version=v#{version}"), "./handler/cmd/influxion"
    else
      bin.install "influxion"
    end
    generate_completions_from_executable(bin/"influxion", "completion")
    (man1/"influxion.1").write Utils.safe_popen_read(bin/"influxion", "manual")
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/influxion version")
  end
end
