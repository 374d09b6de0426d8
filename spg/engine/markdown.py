"""Markdown tables and the numbers in them."""


def table(rows, text_columns=1):
    """Rows of strings, headings first -> a markdown table; the first columns to the left, those of numbers right."""
    head, *body = rows
    rule = ["---"] * text_columns + ["---:"] * (len(head) - text_columns)
    return "".join("| " + " | ".join(row) + " |\n" for row in [head, rule, *body])


def number(value, decimals):
    """A value with so many decimals; a dash where there is none."""
    return "–" if value is None else f"{value:.{decimals}f}"


def signed(value, decimals):
    """A difference, always with its sign; a true minus, which a line break never parts from its number."""
    return f"{value:+.{decimals}f}".replace("-", "−")


def span(ends, decimals):
    """An interval (low, high); a dash where there is none."""
    return "–" if ends is None else f"{number(ends[0], decimals)} to {number(ends[1], decimals)}"
