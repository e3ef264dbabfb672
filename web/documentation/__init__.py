"""The pages of docs/, served under /docs: plain HTML and one style sheet, no script, nothing from elsewhere."""
