"""Tests of test_schakelctl.py, a file a subject."""
