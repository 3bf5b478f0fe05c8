"""A person at the local Entra ID's pages: visitor.py PAGE CODE signs in on the device that shows CODE."""
import html.parser
import sys
import urllib.parse
import urllib.request


class Form(html.parser.HTMLParser):
    """The first form of a page, with the fields and the first button of it."""

    def __init__(self, text):
        super().__init__()
        self.action, self.fields, self.button, self.inside = None, {}, False, False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form" and self.action is None:
            self.action, self.inside = attributes.get("action", ""), True
        submits = tag == "button" or attributes.get("type") == "submit"
        if not self.inside or tag not in ("input", "button") or "name" not in attributes or submits and self.button:
            return
        self.button = self.button or submits
        self.fields[attributes["name"]] = attributes.get("value", "")

    def handle_endtag(self, tag):
        if tag == "form":
            self.inside = False


def visit(page, code):
    answer = urllib.request.urlopen(page, timeout=30)
    for _ in range(6):  # code, account, consent, done
        text = answer.read().decode()
        form = Form(text)
        if form.action is None:
            return text
        if "code" in form.fields:
            form.fields["code"] = code
        address = urllib.parse.urljoin(answer.url, form.action)
        parts = urllib.parse.urlsplit(answer.url)
        origin = {"Origin": f"{parts.scheme}://{parts.netloc}"}
        request = urllib.request.Request(address, urllib.parse.urlencode(form.fields).encode(), origin)
        answer = urllib.request.urlopen(request, timeout=30)
    sys.exit("the pages never end")


if "signed in" not in visit(sys.argv[1], sys.argv[2]):
    sys.exit("the pages end without a sign-in")
