"""What is new with several owners; run by tests/system/test_many.py."""
