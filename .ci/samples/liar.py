"""A server that no client may trust, on loopback: liar.py LOG. Prints its port.

POST /digest/… answers with a document that is not the one of its Repr-Digest; POST /redirect/… points elsewhere. LOG tells which
addresses were called.
"""
import http.server
import sys


class Liar(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        with open(sys.argv[1], "a", encoding="utf-8") as log:
            print(self.path, file=log)
        document = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/redirect/"):
            self.send_response(307)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        signed = document + b"\n% more\n"
        self.send_response(200)
        self.send_header("Content-Type", "application/pdf")
        self.send_header("Repr-Digest", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:")
        self.send_header("Influxion-Certificate", "company-seal")
        self.send_header("Influxion-Level", "B-B")
        self.send_header("Content-Length", str(len(signed)))
        self.end_headers()
        self.wfile.write(signed)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
print(server.server_port, flush=True)
server.serve_forever()
