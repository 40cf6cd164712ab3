"""The doors: web API, pages and command line. Thin; computes nothing."""
