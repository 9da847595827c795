"""Checks PDFs of reports beside the pages of the same reports: each character is there, and each drawing."""

import re
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

# The colours of plots: the fault's time, curves of struck requests and of the others, limits, and what is good.
COLOURS = ["f0e8fb", "6a2db5", "4a5f70", "ad0f2d", "0a6a56"]


class Page(HTMLParser):
    """The text and the drawings of a page, without what only a browser needs."""

    LEFT_OUT = {"title", "style", "nav"}

    def __init__(self, page):
        super().__init__()
        self.texts, self.header, self.drawings, self.items, self.without = [], "", 0, 0, None
        self.is_header = False
        self.feed(re.sub(r'<svg class="shapes".*?</svg>|<a class="skip".*?</a>', "", page, flags=re.S))

    def handle_starttag(self, tag, attributes):
        if tag in self.LEFT_OUT:
            self.without = tag
        self.is_header |= tag == "header"
        self.drawings += tag == "svg" and self.without is None
        self.items += tag == "li" and self.without is None

    def handle_endtag(self, tag):
        self.is_header &= tag != "header"
        if tag == self.without:
            self.without = None

    def handle_data(self, text):
        if self.is_header:
            self.header += text
        elif self.without is None:
            self.texts.append(text)


def printed(*command):
    return subprocess.run(command, check=True, capture_output=True).stdout


def characters(text):
    """The characters of a text and their numbers; lines break elsewhere, and control characters are letters."""
    text = re.sub("[\u2400-\u241f]", lambda found: "^" + chr(ord(found[0]) - 0x2400 + ord("@")), text)
    return Counter("".join(text.split()).casefold())


def pixels(pdf):
    """The number of pixels of each colour, on all pages."""
    pages = printed("pdftoppm", "-r", "40", "-aa", "no", "-aaVector", "no", pdf)
    return Counter(zip(pages[::3], pages[1::3], pages[2::3]))


def problems_of(report):
    pdf = report / "report.pdf"
    page = Page((report / "report.html").read_text())
    about = printed("pdfinfo", pdf).decode()
    pages = int(re.search(r"Pages: +(\d+)", about)[1])
    if "(A4)" not in about or not re.search(r"Title: +\S", about) or "CreationDate" in about:
        yield f"it has another size than A4, no title or a date:\n{about}"

    numbers = "".join(f"{number}/{pages}" for number in range(1, pages + 1))
    numbers += "".join(map(str, range(1, page.items + 1)))
    expected = characters("".join(page.texts) + page.header * pages + numbers)
    found = characters(printed("pdftotext", "-raw", pdf, "-").decode())
    # Heads of tables are repeated on each page, so that there may be more of the same.
    if expected - found or set(found) - set(expected):
        yield f"missing: {dict(expected - found)}, of no page: {set(found) - set(expected)}"

    structure = printed("pdfinfo", "-struct", pdf).decode(errors="replace")
    drawings = len(re.findall(r"^ *Figure", structure, flags=re.M))
    if drawings != page.drawings:
        yield f"{drawings} drawings, but the page has {page.drawings}"
    drawn = pixels(pdf)
    for colour in COLOURS:
        if drawn[tuple(bytes.fromhex(colour))] < 20:
            yield f"nothing is drawn in #{colour}"
    print(f"{report.name}: {pages} pages, {sum(found.values())} characters, {drawings} drawings")


def main():
    reports = sorted(path.parent for path in Path(sys.argv[1]).glob("*/report.pdf"))
    problems = [f"{report.name}: {problem}" for report in reports for problem in problems_of(report)]
    print("\n".join(problems))
    return 0 if len(reports) > 3 and not problems else 1


if __name__ == "__main__":
    sys.exit(main())
