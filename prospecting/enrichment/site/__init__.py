"""A company's own site: what it says of itself, and where its news and its open positions are."""
