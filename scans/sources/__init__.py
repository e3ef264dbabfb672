"""Where signals come from: feeds, job boards, pages of companies, and our own data. Nothing here judges a document."""
