"""A person in front of the console: with a mouse, or with the keyboard alone. Both look at every page that they meet.

    person = Person(claims, browser, "en", width=390, scheme="dark", by_keyboard=False)
"""

import harness
from chromium import CONTROL, ENTER, TAB

PICTURES = harness.PROJECT / "target/check/pictures"
TABS = 250  # presses after which something counts as out of reach
FOCUS = """
const at = document.activeElement, style = getComputedStyle(at);
const ring = one => one.outlineStyle !== 'none' && parseFloat(one.outlineWidth) > 0 || one.boxShadow !== 'none';
const around = at.closest('.box, label');
return {there: at.matches(arguments[0]), name: at.outerHTML.slice(0, 80), page: at === document.body,
        seen: at === document.body || ring(style) || (around !== null && ring(getComputedStyle(around)))};
"""


class Person:
    def __init__(self, claims, browser, width=1280, scheme="light", by_keyboard=False):
        self.claims, self.browser, self.by_keyboard = claims, browser, by_keyboard
        self.width, self.scheme = width, scheme
        browser.width(width)
        browser.scheme(scheme)
        self.unseen = set()  # what had the focus without showing it

    # --- looking ---

    def look(self, page):
        """What holds for every page, and its picture."""
        browser = self.browser
        how = f"{page}, {browser.page_language()}, {self.scheme}, {self.width}"
        excess = browser.wider_than_window()
        self.claims.that(excess <= 0, f"{how}: fits the window", f"{excess} pixels too wide")
        faults = browser.hard_to_read()
        self.claims.that(not faults, f"{how}: every word can be read", faults)
        browser.picture(PICTURES / f"{page}-{browser.page_language()}-{self.scheme}-{self.width}.png")

    def sees(self, words, claim):
        self.claims.that(words in self.browser.text(), claim, self.browser.text()[:400])

    # --- acting ---

    def reach(self, selector):
        """Goes on with the Tab key until something has the focus."""
        for _ in range(TABS):
            at = self.browser.script(FOCUS, selector)
            if not at["seen"]:
                self.unseen.add(at["name"])
            if at["there"]:
                return
            self.browser.keys(TAB)
        raise LookupError(f"{selector} cannot be reached with the keyboard on {self.browser.path()}")

    def unfold(self, selector):
        """Opens what hides something, by the keyboard."""
        script = """const menu = document.querySelector(arguments[0])?.closest('details:not([open])');
            document.querySelectorAll('[data-hides]').forEach(one => one.removeAttribute('data-hides'));
            menu?.querySelector('summary').setAttribute('data-hides', ''); return !!menu"""
        if self.browser.script(script, selector):
            self.reach("[data-hides]")
            self.browser.keys(ENTER)

    def fill(self, selector, text):
        if not self.by_keyboard:
            return self.browser.fill(selector, text)
        self.reach(selector)
        self.browser.keys("a", held=CONTROL)
        self.browser.keys(text)

    def choose(self, selector, option):
        """Chooses from a list by the value of an option, or by its words."""
        words = self.browser.script("""const all = [...document.querySelector(arguments[0]).options];
            return all.find(one => one.value === arguments[1] || one.text.trim() === arguments[1]).text""", selector, option)
        if not self.by_keyboard:
            values = self.browser.script("return [...document.querySelector(arguments[0]).options].map(one => one.text)", selector)
            return self.browser.tick(f"{selector} option:nth-of-type({values.index(words) + 1})")
        self.reach(selector)
        self.browser.keys(words)

    def tick(self, selector):
        if not self.by_keyboard:
            return self.browser.tick(selector)
        self.reach(selector)
        self.browser.keys(" ")

    def press(self, selector):
        """Follows a link or presses a button."""
        if not self.by_keyboard:
            return self.browser.press(selector)
        self.unfold(selector)
        self.reach(selector)
        self.browser.leads(lambda: self.browser.keys(ENTER))

    def menu(self, path):
        """Follows an entry of the menu, which a narrow window hides behind a button."""
        place = ".sheet-body" if self.width < 900 else "nav.side"
        self.press(f"{place} a[href='{path}']")

    def find(self, words):
        """Asks the search box, to which `/` leads."""
        if self.by_keyboard:
            self.browser.keys("/")
            self.browser.keys(words)
        else:
            self.browser.fill("[data-search]", words)
        self.browser.leads(lambda: self.browser.keys(ENTER))
