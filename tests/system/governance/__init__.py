"""Tests of test_governance.py, a file a subject."""
