"""Signal scans. This room is furnished with the partner API."""
