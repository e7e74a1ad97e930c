"""The console without a browser: pages, and their forms as a person without scripting would send them.

    console = forms.Console(server)
    page = console.get("/ocsreports/label")
    page = page.form("label").send(console, text="Which office?")
"""

import contextlib
import html
import html.parser
import http.client
import re
import secrets
import urllib.parse

PASSWORD = "nine yellow kites over town"


class Console:
    """An administrator who is logged in, over plain HTTP from the machine itself."""

    def __init__(self, server, account="desk"):
        self.server = server
        self.cookies = {}
        if account not in server.cli("user", "list").stdout:
            server.cli("user", "add", account, "--role", "admin", "--password-stdin", input=PASSWORD + "\n")
        page = self.get("/ocsreports/login")
        page.form("login").send(self, account=account, password=PASSWORD)
        if not any(name.startswith("rollcall") for name in self.cookies):
            raise PermissionError("cannot log in")

    def get(self, path):
        return self.ask("GET", path)

    def ask(self, verb, path, body=None, kind=None, redirects=5):
        """An answer; where it leads elsewhere, that page."""
        host = f"127.0.0.1:{self.server.http_port}"
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), "Accept-Language": "en"}
        if verb == "POST":
            headers |= {"Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin", "Content-Type": kind}
        with contextlib.closing(http.client.HTTPConnection(host, timeout=120)) as line:
            line.request(verb, path, body, headers)
            answer = line.getresponse()
            for cookie in answer.headers.get_all("Set-Cookie") or []:
                name, value = cookie.split(";")[0].split("=", 1)
                self.cookies[name] = value
            page = Page(path, answer.status, answer.headers, answer.read())
        if page.status in (302, 303) and redirects:
            return self.ask("GET", urllib.parse.urljoin(path, page.headers["Location"]), redirects=redirects - 1)
        return page


class Page:
    """What was answered."""

    def __init__(self, path, status, headers, body):
        self.path, self.status, self.headers, self.body = path, status, headers, body
        self.source = body.decode("utf-8", "replace")

    def text(self):
        """The words on it."""
        plain = re.sub(r"(?s)<(script|style|template).*?</\1>", " ", self.source)
        return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", plain))).strip()

    def forms(self):
        first = _Reader(self.path, {})
        first.feed(self.source)
        # A field may name a form that comes after it; the second reading knows them all.
        reader = _Reader(self.path, first.all)
        reader.feed(self.source)
        return reader.forms

    def form(self, action):
        """The form whose address holds this part, or that has a field or a button of this name."""
        for form in self.forms():
            if action in form.action or action in form.fields or action in form.buttons:
                return form
        raise LookupError(f"{self.path} ({self.status}) has no form {action!r}: {self.text()[:400]}")

    def links(self, part):
        """Addresses of links that hold this part."""
        return [html.unescape(link) for link in re.findall(r'href="([^"]*)"', self.source) if part in html.unescape(link)]


class Form:
    """A form: fields with the values that it has now."""

    def __init__(self, action, verb, kind):
        self.action, self.verb, self.kind = action, verb, kind
        self.fields = {}  # name -> list of values
        self.buttons = {}  # name -> values
        self.files = set()

    def send(self, console, files=None, **values):
        """Sends it. A value may be a list; None leaves a field out. `files`: name -> (file name, bytes)."""
        fields = {**self.fields, **{name: value if isinstance(value, list) else [value] for name, value in values.items()}}
        pairs = [(name, str(value)) for name, all_of in fields.items() for value in all_of if value is not None]
        if self.verb == "GET":
            return console.get(f"{self.action.split('?')[0]}?{urllib.parse.urlencode(pairs)}")
        if "multipart" in self.kind:
            body, kind = multipart(pairs, files or {})
        else:
            body, kind = urllib.parse.urlencode(pairs).encode(), "application/x-www-form-urlencoded"
        return console.ask("POST", self.action, body, kind)


def multipart(pairs, files):
    """A body of fields and files, and its kind."""
    boundary = secrets.token_hex(16)
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in pairs]
    for name, (file, content) in files.items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        parts += [head.encode(), content, b"\r\n"]
    return b"".join([*parts, f"--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"


class _Reader(html.parser.HTMLParser):
    def __init__(self, path, known):
        super().__init__()
        self.path, self.forms = path, []
        self.all = {name: Form(form.action, form.verb, form.kind) for name, form in known.items()}
        self.at = None  # the one that is open
        self.select = self.area = None

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag == "form":
            action = urllib.parse.urljoin(self.path, a.get("action") or self.path)
            form = Form(action, a.get("method", "get").upper(), a.get("enctype", ""))
            self.at = self.all.setdefault(a["id"], form) if "id" in a else form
            self.forms.append(self.at)
            return
        form = self.all.get(a["form"]) if a.get("form") else self.at
        name = a.get("name")
        if form is None or "disabled" in a:
            return
        if tag == "input" and name:
            kind = a.get("type", "text")
            if kind == "file":
                form.files.add(name)
            elif kind in ("submit", "image"):
                form.buttons.setdefault(name, []).append(a.get("value", ""))
            elif kind not in ("checkbox", "radio") or "checked" in a:
                form.fields.setdefault(name, []).append(a.get("value", "on"))
        elif tag == "button" and name:
            form.buttons.setdefault(name, []).append(a.get("value", ""))
        elif tag == "textarea" and name:
            form.fields.setdefault(name, []).append("")
            self.area = form.fields[name]
        elif tag == "select" and name:
            self.select = (form, name, None)
        elif tag == "option" and self.select:
            form, name, chosen = self.select
            if chosen is None or "selected" in a:
                self.select = (form, name, a.get("value", "") if chosen is None or "selected" in a else chosen)

    def handle_data(self, data):
        if self.area is not None:
            self.area[-1] += data if self.area[-1] else data.removeprefix("\n")

    def handle_endtag(self, tag):
        if tag == "form":
            self.at = None
        elif tag == "textarea":
            self.area = None
        elif tag == "select" and self.select:
            form, name, chosen = self.select
            if chosen is not None:
                form.fields.setdefault(name, []).append(chosen)
            self.select = None
