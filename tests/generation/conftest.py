"""The golden files are data: pytest must not look for doctests in them."""

collect_ignore_glob = ["golden/*"]
