"""What people have put into cells to make a spreadsheet do something, and what must stay as it is."""

RUN = [
    "=1+1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x","y")', "+1+1", "-1+cmd|' /C calc'!A0", "@SUM(1+1)",
    "\t=1+1", "\r=1+1", "\n=1+1", "\ttab", "\rcarriage", " =1+1", "  +a", "\u00a0=1+1", "\u200b=1+1", "\ufeff=1+1",
    "\u3000=1+1", "\u00ad@x", "＝1+1", "＋1+1", "－a", "＠SUM(1)", "﹦1", "\u22121+a", "\0=1+1", "=\u0000cmd", "-",
    "+", "=", "@", "-2+3", "--5", "+49 660 123", " \t\n=A1",
]  # fmt: skip
INNER = ["a;=1+1", "a\n=1+1", "a\r\n=1+1", "a\t@x", "x; \t+1+a"]
"""A formula that starts where a spreadsheet may begin another cell."""
HARMLESS = ["", "a", "A=1", "a-b", "1+1", "5", "-5", "+5", "-5.25", "1,000", "-1e5", "a@b.c", "'=1", "Ä", "x;y", "10 %"]
