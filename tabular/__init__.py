"""Tables as people send them, CSV and XLSX, read as a stream in bounded memory. Pure: knows nobody who reads them."""
