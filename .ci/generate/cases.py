"""The templates and data of which documents are made, and what each document must show.

Each template comes with several data: none at all, little, much, and texts in other scripts. A template never depends on a font of the machine
where it matters: fonts come with the request.
"""

import base64
import json
import pathlib
import struct
import zlib
from dataclasses import dataclass, field

TOP = pathlib.Path(__file__).resolve().parents[2]
TEMPLATES = TOP / "docs" / "templates"


@dataclass(frozen=True, eq=False)
class Case:
    """A template with data. pages is what the document has at least; header is a text that stands on each of these pages."""

    name: str
    html: str
    css: str = ""
    data: object = None
    files: tuple = ()  # of (name, bytes)
    pages: int = 1
    shows: tuple = ()
    links: tuple = ()
    header: str = ""
    invoice: str = ""  # XML of an electronic invoice
    profile: str = "en16931"
    whole: bool = False  # in the whole run alone

    @property
    def request(self):
        """The members of the request that say what to print."""
        asked = {"html_template": {"content": self.html}, "data": self.data or {}}
        if self.css:
            asked["css_template"] = {"content": self.css}
        asked["resources"] = [{"name": name, "content": base64.b64encode(data).decode()} for name, data in self.files]
        return asked


def page(body, title="{{.title}}", lang="en", head=""):
    """A whole page."""
    return f'<!DOCTYPE html>\n<html lang="{lang}"><head><title>{title}</title>{head}</head><body>{body}</body></html>'


def png(width, height, mode, pixel):
    """A PNG (ISO/IEC 15948) of 8 bits a sample; pixel gives the samples at a place."""
    kinds = {"gray": 0, "rgb": 2, "rgba": 6}

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"".join(bytes(pixel(x, y)) for x in range(width)) for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, kinds[mode], 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


PICTURES = {
    "gray": png(60, 40, "gray", lambda x, y: [(4 * x + y) % 256]),
    "rgb": png(60, 40, "rgb", lambda x, y: [4 * x, 6 * y, 128]),
    "rgba": png(60, 40, "rgba", lambda x, y: [200, 4 * x, 60, 6 * y]),
    "gif": base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"),
    "large": png(400, 300, "rgb", lambda x, y: [x * y % 256, x % 256, y % 256]),
}

NUMBERED = '@page { size: A4; margin: 20mm; @bottom-center { content: "Page " counter(page) " of " counter(pages) } } '
TABLE = NUMBERED + "table { width: 100%; border-collapse: collapse } td, th { border: 1px solid #999; padding: 1mm; text-align: left } " \
    ".number { text-align: right } tr { break-inside: avoid }"
WORDS = "The quick brown fox jumps over the lazy dog while five wizards box quickly. ".split()


def prose(count, start=0):
    """A text of so many words."""
    return " ".join(WORDS[(start + i) % len(WORDS)] for i in range(count))


def tables():
    """A table over as many pages as it takes, with its head on each."""
    html = page('<h1>{{.title}}</h1>{{table .rows "Article=name" "Amount=amount" "Remark=remark"}}')
    for name, count, pages in (("none", 0, 1), ("one", 1, 1), ("some", 40, 1), ("pages", 300, 5), ("many", 1500, 25)):
        rows = [{"name": f"Article {i}", "amount": i * 1.25, "remark": prose(i % 9, i)} for i in range(count)]
        yield Case(f"table-{name}", html, TABLE, {"title": "Stock", "rows": rows}, pages=pages, header="Article Amount Remark",
                   shows=("Stock", f"Page 1 of", *([f"Article {count - 1}"] if count else [])))


def letters():
    """A letter, from nothing to several pages."""
    html = page("<p>{{lines .to}}</p><h1>{{.title}}</h1>{{range .text}}<p>{{.}}</p>{{end}}<p>{{.from | default \"–\"}}</p>")
    css = NUMBERED + "p { text-align: justify; hyphens: auto } h1 { break-after: avoid }"
    for name, data, pages in (
        ("empty", {}, 1),
        ("short", {"title": "Hello", "to": "A\nB", "text": ["Good day."], "from": "Me"}, 1),
        ("long", {"title": "Report", "text": [prose(120, i) for i in range(40)]}, 5),
        ("scripts", {"title": "Ελληνικά и кириллица", "text": ["Ĉu ŝi ŝatas ĝin? Zażółć gęślą jaźń.", "Հայերեն ქართული", "€ ₤ № ½ ∑ √ ≠"]}, 1),
        ("markup", {"title": "<b>&amp;", "text": ["<script>alert(1)</script>", "]]>", "a\u00a0b\u00adc"]}, 1),
    ):
        yield Case(f"letter-{name}", html, css, data, pages=pages, shows=("Page 1 of",))


def money():
    """Amounts and days as each language writes them."""
    html = page('<table>{{range .locales}}<tr><td>{{.}}</td><td>{{$.amount | money "EUR" "LOCALE"}}</td></tr>{{end}}</table>')
    for locale, shown in (("de", "1.234.567,89"), ("en", "1,234,567.89"), ("fr", "234"), ("pl", "234"), ("ja", "1,234,567.89"), ("de-CH", "567.89")):
        yield Case(f"money-{locale}", html.replace("LOCALE", locale) +
                   f'<p>{{{{.day | date "full" "{locale}"}}}}</p><p>{{{{.share | percent 1 "{locale}"}}}}</p>',
                   "@font-face { font-family: wide; src: url(wide.ttf) } body { font-family: wide }",
                   {"title": "Money", "locales": ["a", "b"], "amount": 1234567.89, "day": "2026-11-29", "share": 12.5},
                   files=(("wide.ttf", font("droid")),) if locale == "ja" else (("wide.ttf", font("dejavu")),), shows=(shown,))


def codes():
    """Labels with QR codes."""
    html = page('<main>{{range .codes}}<div>{{qr .}}<p>{{.}}</p></div>{{end}}</main>')
    css = "@page { size: A4; margin: 10mm } main { display: grid; grid-template-columns: repeat(4, 1fr); gap: 4mm } " \
        "div { break-inside: avoid; text-align: center } svg.qr { width: 35mm } p { font-size: 7pt; overflow-wrap: anywhere; margin: 0 }"
    for name, count, pages in (("none", 0, 1), ("one", 1, 1), ("sheet", 20, 1), ("sheets", 60, 3)):
        yield Case(f"codes-{name}", html, css, {"title": "Codes", "codes": [f"https://example.com/{i:05}" for i in range(count)]}, pages=pages)
    yield Case("codes-long", html, css, {"title": "Codes", "codes": ["x" * 900]})


def pictures():
    """Pictures that are in the data, and such that come with the request."""
    html = page('{{range .pictures}}<img src="{{picture .}}" alt="">{{end}}<img src="drawing.svg" alt=""><img src="photo.png" alt="">')
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 40" width="60" height="40"><defs><linearGradient id="g">' \
        b'<stop offset="0" stop-color="#f00"/><stop offset="1" stop-color="#00f" stop-opacity=".4"/></linearGradient></defs>' \
        b'<rect width="60" height="40" fill="url(#g)"/><circle cx="30" cy="20" r="12" fill="#fff" opacity=".6"/></svg>'
    for name, chosen in (("none", []), ("gray", ["gray"]), ("rgb", ["rgb"]), ("transparent", ["rgba"]), ("gif", ["gif"]), ("all", list(PICTURES) * 3)):
        data = {"title": "Pictures", "pictures": [base64.b64encode(PICTURES[kind]).decode() for kind in chosen]}
        yield Case(f"pictures-{name}", html, "img { width: 60mm; margin: 2mm }", data,
                   files=(("drawing.svg", drawing), ("photo.png", PICTURES["large"])))


def links():
    """Links out of the document and within it."""
    html = page('<ul>{{range $i, $e := .parts}}<li><a href="#p{{$i}}">{{$e}}</a></li>{{end}}</ul><p><a href="https://example.com/{{.path}}">out</a> '
                '<a href="mailto:a@example.com">mail</a> <a href="tel:+49401">call</a></p>'
                '{{range $i, $e := .parts}}<h2 id="p{{$i}}" style="break-before: page">{{$e}}</h2>{{end}}')
    for name, count in (("none", 0), ("few", 3), ("many", 30)):
        yield Case(f"links-{name}", html, NUMBERED, {"title": "Links", "path": "a b?c=d&e", "parts": [f"Part {i}" for i in range(count)]},
                   pages=1 + count, links=("mailto:a@example.com", "https://example.com/", "tel:+49401"), shows=(f"of {1 + count}",))


FONTS = {"droid": "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf", "dejavu": "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
         "serif": "/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf"}


def font(name):
    """A font that check.sh has installed."""
    return pathlib.Path(FONTS[name]).read_bytes()


def scripts():
    """Chinese and Japanese, and scripts that run from right to left, each with a font of the request."""
    def case(name, lang, direction, kind, text):
        css = "@font-face { font-family: given; src: url(given.ttf) } body { font-family: given; direction: " + direction + " } td { padding: 2mm }"
        return Case(f"script-{name}", page("<h1>{{.title}}</h1><p>{{.text}}</p><table>{{range .rows}}<tr><td>{{.}}</td><td>{{$.title}}</td></tr>{{end}}</table>",
                                           lang=lang), css, {"title": text, "text": " ".join([text] * 12), "rows": [text] * 60},
                    files=(("given.ttf", font(kind)),), pages=2, shows=() if direction == "rtl" or name == "mixed" else (text,))
    yield case("chinese", "zh", "ltr", "droid", "数字签名证书")
    yield case("traditional", "zh-Hant", "ltr", "droid", "數位簽章憑證")
    yield case("japanese", "ja", "ltr", "droid", "電子署名の証明書です")
    yield case("vietnamese", "vi", "ltr", "dejavu", "Chữ ký số được chứng thực")
    yield case("hebrew", "he", "rtl", "dejavu", "חתימה דיגיטלית 2026")
    yield case("arabic", "ar", "rtl", "dejavu", "توقيع رقمي ٢٠٢٦")
    yield case("persian", "fa", "rtl", "dejavu", "امضای دیجیتال گواهی")
    yield case("mixed", "en", "ltr", "dejavu", "abc אבג Ωψ Жя")


def papers():
    """Sizes of paper, and pages of several sizes in one document."""
    for name, size in (("a3", "A3 landscape"), ("letter", "letter"), ("a6", "A6"), ("label", "50mm 30mm"), ("receipt", "80mm 400mm")):
        yield Case(f"paper-{name}", page("<h1>{{.title}}</h1><p>{{.title}}</p>"), f"@page {{ size: {size}; margin: 3mm }} h1 {{ font-size: 12pt }}",
                   {"title": f"Paper {name}"}, shows=(f"Paper {name}",))
    yield Case("paper-mixed", page('<section>{{.title}}</section><section class="wide">{{.title}}</section>'),
               "@page { size: A4 } @page wide { size: A4 landscape } section { break-after: page } .wide { page: wide }", {"title": "Mixed"}, pages=2)


def effects():
    """What style sheets draw: transparency, gradients, shadows, blending, filters, columns."""
    for name, css in (
        ("opacity", "div { opacity: .5; background: teal; height: 30mm }"),
        ("gradients", "div { background: linear-gradient(45deg, red, transparent), radial-gradient(circle, gold, navy); height: 40mm }"),
        ("shadows", "div { box-shadow: 0 0 5mm #0008; border-radius: 3mm; margin: 8mm; padding: 5mm } p { text-shadow: 1mm 1mm 1mm #888 }"),
        ("blending", "div { background: #f80; height: 30mm } p { mix-blend-mode: multiply; background: #08f; margin-top: -10mm }"),
        ("filters", "div { filter: blur(1px) sepia(60%); background: #48c; height: 20mm } p { backdrop-filter: none }"),
        ("transforms", "div { transform: rotate(12deg) skewX(8deg); background: #8c4; width: 60mm; height: 20mm; margin: 20mm }"),
        ("columns", "body { columns: 3; column-rule: 1px solid #888 }"),
        ("clipping", "div { clip-path: circle(30%); background: #c48; height: 40mm } p { mask-image: linear-gradient(black, transparent) }"),
    ):
        yield Case(f"effect-{name}", page("<div>{{.title}}</div>{{range .text}}<p>{{.}}</p>{{end}}"), NUMBERED + css,
                   {"title": f"Effect {name}", "text": [prose(30, i) for i in range(6)]}, shows=("Page 1 of",))


def lists():
    """Nested lists, counters, headings, notes, inputs, code."""
    deep = {"name": "a", "parts": [{"name": "b", "parts": [{"name": "c", "parts": []}] * 3}] * 4}
    yield Case("lists-nested", page('{{define "n"}}<li>{{.name}}<ol>{{range .parts}}<li>{{.name}}<ul>{{range .parts}}<li>{{.name}}</li>{{end}}</ul></li>{{end}}'
                                    '</ol></li>{{end}}<ol>{{range .all}}{{template "n" .}}{{end}}</ol>'),
               "ol { counter-reset: c } li { counter-increment: c }", {"title": "Lists", "all": [deep] * 5})
    yield Case("lists-empty", page("<ol></ol><ul></ul><table></table><dl></dl>"), "", {})
    yield Case("outline", page("{{range .parts}}<h1>{{.}}</h1><h2>{{.}} a</h2><h3>{{.}} b</h3><p>{{$.text}}</p>{{end}}"), NUMBERED,
               {"title": "Outline", "parts": [f"Chapter {i}" for i in range(12)], "text": prose(150)}, pages=3, shows=("Chapter 11",))
    yield Case("inputs", page('<label><input type="checkbox" checked> {{.title}}</label><input value="text"><select><option>one</option></select>'
                              "<textarea>lines</textarea><progress value=\".4\"></progress>"), "", {"title": "Inputs"})
    yield Case("code", page("<pre>{{.code}}</pre><p><b>b <i>i</i></b> x<sub>1</sub><sup>2</sup> <kbd>k</kbd> <mark>m</mark> <del>d</del></p>"), "",
               {"title": "Code", "code": "if a < b {\n\treturn \"ffi fl\"\n}"}, shows=("return",))
    yield Case("font-of-the-request", page("<p>{{.text}}</p>"), "@font-face { font-family: own; src: url(own.ttf) } p { font: italic bold 14pt own }",
               {"title": "Font", "text": prose(60)}, files=(("own.ttf", font("serif")),), shows=("quick",))
    yield Case("signatures", page('{{signature "one"}}{{signature "two"}}'), "a.signature { display: block; width: 60mm; height: 20mm; margin: 10mm }",
               {"title": "Signatures"})
    yield Case("nothing", "<p>", "", None)


def samples():
    """The templates of docs/templates, with their data and with less and more of it."""
    def read(folder, name):
        return (TEMPLATES / folder / name).read_text(encoding="utf-8")

    def case(name, folder, files, change=None, **more):
        data = json.loads(read(folder, folder + ".json"))
        if change:
            change(data)
        return Case(name, read(folder, folder + ".html"), read(folder, folder + ".css"), data,
                    files=tuple((file, (TEMPLATES / folder / file).read_bytes()) for file in files), **more)

    xml = read("invoice", "factur-x.xml")
    yield case("invoice", "invoice", ["logo.svg"], invoice=xml, shows=("2,719.15", "Page 1 of 1"), links=("mailto:accounts@example.com",))
    yield case("invoice-long", "invoice", ["logo.svg"], lambda d: d.update(items=d["items"] * 25), pages=3, shows=("Invoice 2026-0117",), header="Item Quantity")
    yield case("invoice-empty", "invoice", ["logo.svg"], lambda d: d.update(items=[], note=""), shows=("0.00",))
    for profile, guideline in (("extended", "urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended"),
                               ("basic", "urn:cen.eu:en16931:2017#compliant#urn:factur-x.eu:1p0:basic")):
        yield case(f"invoice-{profile}", "invoice", ["logo.svg"], profile=profile, invoice=xml.replace("urn:cen.eu:en16931:2017<", guideline + "<"))
    yield case("attendance", "attendance", ["emblem.svg"], shows=("Zoë Ångström", "A-2026-0381"))
    yield case("attendance-long", "attendance", ["emblem.svg"], lambda d: d["participant"].update(name="Maximiliane Friederike von und zu Beispielhausen"),
               shows=("Maximiliane",))
    yield case("attendance-bare", "attendance", ["emblem.svg"], lambda d: (d["course"].pop("topics"), d["participant"].pop("organisation")))
    yield case("contract", "contract", [], pages=2, shows=("665.50", "Annex"))
    yield case("contract-long", "contract", [], lambda d: d.update(clauses=d["clauses"] * 4), pages=4, shows=("28.3",))
    yield case("contract-empty", "contract", [], lambda d: d.update(clauses=[], fees=[]))


def book():
    """A document of 500 pages."""
    rows = [{"name": f"Article {i}", "amount": i, "remark": prose(20, i)} for i in range(12000)]
    yield Case("book", page('<h1>{{.title}}</h1>{{table .rows "Article=name" "Amount=amount" "Remark=remark"}}'), TABLE, {"title": "Book", "rows": rows},
               pages=500, header="Article Amount Remark", shows=("Article 11999",), whole=True)


def cases():
    """All of them."""
    return [case for make in (tables, letters, money, codes, pictures, links, scripts, papers, effects, lists, samples, book) for case in make()]
