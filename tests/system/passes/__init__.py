"""The subjects of test_passes.py."""
