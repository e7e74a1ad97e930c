"""The one table: what was asked for, what was measured, and whether that is enough."""


class Table:
    def __init__(self):
        self._rows = []

    def part(self, title):
        """Begins a part of the table."""
        self._rows.append((title,))
        print(f"-- {title}", flush=True)

    def least(self, what, measured, floor, unit, beside=""):
        """A figure that must not be smaller than its floor."""
        self._row(what, measured, floor, unit, measured / floor if floor else None, beside, "at least")

    def most(self, what, measured, floor, unit, beside=""):
        """A figure that must not be larger than its floor. The ratio is above 1 when there is room left."""
        self._row(what, measured, floor, unit, floor / measured if floor and measured else None, beside, "at most")

    def note(self, what, measured, unit, beside=""):
        """A figure without a floor."""
        self._row(what, measured, None, unit, None, beside, "")

    def _row(self, what, measured, floor, unit, ratio, beside, kind):
        met = None if floor is None else ratio is not None and ratio >= 1
        self._rows.append((what, kind, floor, measured, unit, ratio, met, beside))
        print("   " + " ".join(part for part in (f"{what}: {_figure(measured)} {unit}", beside) if part), flush=True)

    def missed(self):
        return [row[0] for row in self._rows if len(row) > 1 and row[6] is False]

    def show(self):
        print(f"{'':<46} {'floor':>17} {'measured':>10} {'':<7} {'ratio':>6}  met")
        for row in self._rows:
            if len(row) == 1:
                print(f"{row[0]}")
                continue
            what, kind, floor, measured, unit, ratio, met, beside = row
            asked = f"{kind} {_figure(floor)}" if floor is not None else ""
            told = f"{ratio:.2f}" if ratio is not None else ""
            verdict = {True: "yes", False: "NO", None: ""}[met]
            print(f"  {what:<44} {asked:>17} {_figure(measured):>10} {unit:<7} {told:>6}  {verdict:<3}  {beside}".rstrip())
        missed = self.missed()
        print(f"missed: {len(missed)}" + (f" ({'; '.join(missed)})" if missed else ""))


def _figure(number):
    return f"{number:,.0f}" if number >= 100 else f"{number:,.1f}" if number >= 10 else f"{number:,.2f}"
