"""The console as a program uses it that has no browser: an administrator who is logged in, pages, forms and files.

    desk = Desk(server)                       # over plain HTTP from the machine itself
    desk = Desk(server, authority=path)       # over HTTPS, by the address at which the server listens
    page = desk.post("/ocsreports/deploy/affect", [("id", "3"), ("scope", "checked")])
    page = desk.send(page, [("activation", "1")])      # the form of the page, with what it carries

A package from the form to its result: `build`, `activate`, `affect`, `states`.
"""

import html
import html.parser
import http.client
import json
import re
import ssl
import time
import urllib.parse

import harness

PASSWORD = "nine yellow kites over town"
UPLOAD = "/ocsreports/deploy/upload"
NEW = "/ocsreports/deploy/new"
AFFECT = "/ocsreports/deploy/affect"
STATISTICS = "/ocsreports/deploy/statistics"
ACTIVATED = "The package is activated"
IDLE = 3  # seconds after which a connection may have been closed by the server


class Form(html.parser.HTMLParser):
    """A form of a page: where it goes, what it would send untouched, what its buttons say, what can be chosen."""

    def __init__(self, page, action=None):
        super().__init__()
        self.wanted, self.action = action, None
        self.fields, self.buttons, self.choices = [], [], {}
        self._select = self._option = None
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "form" and self.action is None and given.get("method") == "post" and self.wanted in (None, given.get("action")):
            self.action, self._inside = given.get("action"), True
        if not self._inside:
            return
        name = given.get("name")
        if tag == "input" and name and given.get("type") not in ("submit", "file"):
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                self.fields.append((name, given.get("value") or ""))
        if tag == "textarea" and name:
            self.fields.append((name, ""))
        if tag == "select":
            self._select = name
        if tag == "option" and self._select:
            self._option = given.get("value") or ""
            self.choices.setdefault(self._select, {})[self._option] = ""
            if "selected" in given or self._select not in dict(self.fields):
                self.fields = [one for one in self.fields if one[0] != self._select] + [(self._select, self._option)]
        if tag == "button" and name:
            self.buttons.append((name, given.get("value") or ""))

    def handle_data(self, data):
        if self._option is not None:
            self.choices[self._select][self._option] += data.strip()

    def handle_endtag(self, tag):
        if tag == "form":
            self._inside = False
        if tag == "option":
            self._option = None
        if tag == "select":
            self._select = None


class Page:
    """An answer of the console."""

    def __init__(self, path, status, headers, body):
        self.path, self.status, self.headers = path, status, headers
        self.body = body.decode(errors="replace")

    def text(self):
        """What is read on the page; with typographic spaces as plain ones."""
        main = re.search(r"<main.*</main>", self.body, re.S)
        words = re.sub(r"<(script|style).*?</\1>", " ", main.group(0) if main else self.body, flags=re.S)
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", words)).split())

    def rows(self):
        """The rows of its tables, each as the texts of its cells."""
        cells = (re.findall(r"<t[dh]\b[^>]*>(.*?)(?=<t[dh]\b|</tr>)", row, re.S) for row in re.findall(r"<tr\b.*?</tr>", self.body, re.S))
        return [[" ".join(html.unescape(re.sub(r"<[^>]+>", " ", cell)).split()) for cell in row] for row in cells]


class Desk:
    """An administrator who is logged in, and one connection."""

    def __init__(self, server, account="desk", authority=None, checked=True):
        self.server, self.cookies, self.token, self.used = server, {}, "", 0.0
        self.scheme = "http" if authority is None else "https"
        self.host = f"127.0.0.1:{server.http_port}" if authority is None else f"{server.host}:{server.https_port}"
        if authority is None:
            self.line = http.client.HTTPConnection(self.host, timeout=120)
        else:
            trust = ssl.create_default_context(cafile=str(authority))
            if not checked:  # where the server lives at another time than we do
                trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
            self.line = http.client.HTTPSConnection(self.host, timeout=120, context=trust)
        if account not in server.cli("user", "list").stdout:
            server.cli("user", "add", account, "--role", "admin", "--password-stdin", input=PASSWORD + "\n")
        self._read_token("/ocsreports/login")
        self.form("/ocsreports/login", account=account, password=PASSWORD)
        self._read_token("/ocsreports/account")

    def _read_token(self, path):
        page = self.ask("GET", path)[1].decode()
        found = re.search(r'name="token" value="(\w+)"', page)
        if found is None:
            raise ValueError(f"{path} has no form: {page[:500]}")
        self.token = found.group(1)

    def headers(self, **more):
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        own = {"Cookie": cookies, "Accept-Language": "en", "Origin": f"{self.scheme}://{self.host}", "Sec-Fetch-Site": "same-origin"}
        return own | {name.replace("_", "-"): value for name, value in more.items()}

    def answer(self, verb, path, body=None, **headers):
        """The answer as it is; a connection that was closed is opened anew at the next."""
        if time.monotonic() - self.used > IDLE:
            self.line.close()
        try:
            self.line.request(verb, path, body, self.headers(**headers))
            answer = self.line.getresponse()
            page = Page(path, answer.status, answer.headers, b"")
            raw = answer.read()
        except (http.client.HTTPException, OSError):
            self.line.close()
            raise
        self.used = time.monotonic()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
        return page, raw

    def ask(self, verb, path, body=None, **headers):
        """Status and body of an answer."""
        page, raw = self.answer(verb, path, body, **headers)
        return page.status, raw

    def form(self, path, **fields):
        body = urllib.parse.urlencode(fields | {"token": self.token})
        return self.ask("POST", path, body, Content_Type="application/x-www-form-urlencoded")

    def get(self, path):
        page, raw = self.answer("GET", path)
        return Page(path, page.status, page.headers, raw)

    def _led(self, path, page, raw):
        """The page to which a form leads."""
        if page.status == 303:
            return self.get(page.headers["Location"])
        return Page(path, page.status, page.headers, raw)

    def post(self, path, fields):
        fields = [(name, value) for name, value in fields if name != "token"]
        body = urllib.parse.urlencode([*fields, ("token", self.token)])
        return self._led(path, *self.answer("POST", path, body, Content_Type="application/x-www-form-urlencoded"))

    def post_files(self, path, fields, files):
        """A form with files: `files` are names and bytes."""
        edge, parts = "----the-edge-of-a-part", []
        for name, value in [("token", self.token), *fields]:
            parts.append(f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
        for name, content in files:
            head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
            parts.append(head.encode() + content + b"\r\n")
        body = b"".join([*parts, f"--{edge}--\r\n".encode()])
        return self._led(path, *self.answer("POST", path, body, Content_Type=f"multipart/form-data; boundary={edge}"))

    def send(self, page, typed=(), action=None):
        """Sends the form of a page: what it carries, with what is typed in place of what stands there."""
        form = Form(page.body, action)
        if form.action is None:
            raise ValueError(f"{page.path} has no form {action or ''}: {page.text()[:500]}")
        names = {name for name, _ in typed}
        kept = [(name, value) for name, value in form.fields if name not in names]
        return self.post(form.action, [*kept, *typed])

    # --- files in pieces --------------------------------------------------------------------------------------

    def begin(self, name, size, changed=1):
        status, body = self.form(UPLOAD, name=name, size=size, changed=changed)
        return status, json.loads(body) if status == 200 else {}

    def piece(self, upload, at, content):
        status, body = self.ask("POST", f"{UPLOAD}/{upload}?at={at}", content, Content_Type="application/octet-stream",
                                X_Form_Token=self.token)
        return status, json.loads(body).get("at") if status in (200, 409) else None

    def cut(self, upload, at, content, sent):
        """Says that a piece comes, sends so many bytes of it and hangs up."""
        line = http.client.HTTPConnection(self.host, timeout=120)
        line.putrequest("POST", f"{UPLOAD}/{upload}?at={at}")
        more = {"Content-Type": "application/octet-stream", "X-Form-Token": self.token, "Content-Length": str(len(content))}
        for name, value in (self.headers() | more).items():
            line.putheader(name, value)
        line.endheaders()
        line.send(content[:sent])
        line.close()

    # --- packages ---------------------------------------------------------------------------------------------

    def look(self, task, name, fields=(), files=(), system="LINUX", protocol="HTTP", priority="1"):
        """The form of a task, filled in: the look at what would be built."""
        usual = [("task", task), ("system", system), ("name", name), ("protocol", protocol), ("priority", priority)]
        page = self.post_files(NEW, [*usual, *fields], files)
        if page.status != 200 or "step" not in dict(Form(page.body, NEW).fields):
            raise ValueError(f"{name} is not taken: {page.status} {page.text()[:800]}")
        return page

    def build(self, task, name, fields=(), files=(), fragment=65536, **more):
        """Builds a package; its number."""
        page = self.send(self.look(task, name, fields, files, **more), [("fragment", str(fragment))], NEW)
        found = re.match(r"/ocsreports/deploy/(\d+)", page.path)
        if found is None:
            raise ValueError(f"{name} is not built: {page.text()[:800]}")
        return int(found.group(1))

    def activate(self, package, info=None, fragments=None, seconds=60):
        """Tries a package out at the addresses that are proposed, or at these; the page that says what was found."""
        path = f"/ocsreports/deploy/{package}/activate"
        typed = [(name, value) for name, value in (("info", info), ("fragments", fragments)) if value is not None]
        page = self.send(self.get(path), typed, path)
        return harness.wait_until(lambda: (now := self.get(page.path)).headers.get("Refresh") is None and now, seconds, f"the end of {page.path}")

    def anyway(self, page):
        """Activates in spite of what such a page says."""
        path = urllib.parse.urlsplit(page.path).path
        run = urllib.parse.parse_qs(urllib.parse.urlsplit(page.path).query)["run"][0]
        return self.post(path, [("run", run), ("what", "anyway")])

    def affect(self, computer, name, **more):
        """Affects the package of this name to a computer, through form and confirmation; the page after it."""
        page = self.post(AFFECT, [("id", str(computer)), ("scope", "checked"), ("where", "/ocsreports/computers")])
        known = Form(page.body, AFFECT).choices.get("activation", {})
        chosen = [value for value, words in known.items() if name in words]
        if not chosen:
            raise ValueError(f"{name} cannot be affected: {known or page.text()[:500]}")
        page = self.send(page, [("activation", chosen[-1]), *more.items()], AFFECT)
        return self.send(page, [], AFFECT)

    def states(self, package):
        """The rows of a package's statistics: state -> (kind, computers, explanation)."""
        page = self.get(f"{STATISTICS}?package={package}")
        rows = [row for row in page.rows() if len(row) >= 5]
        return {row[0]: (row[1], int(re.sub(r"\D", "", row[2])), row[4]) for row in rows if re.search(r"\d", row[2])}
