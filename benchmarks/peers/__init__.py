"""The programs measured beside ours, as small as they can be."""
