"""Reading addresses of strangers politely: robots.txt, intervals, patience, and no host that stalls the others."""
