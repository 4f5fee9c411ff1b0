"""Stored results, and the page drawn from them alone."""

from diffcheck.report.page import render, write_report
from diffcheck.report.store import load_results, save_results

__all__ = ["load_results", "render", "save_results", "write_report"]
