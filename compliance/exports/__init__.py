"""What leaves the house about a scan: streams, spreadsheets, the report, OSCAL and the sealed bundle."""
