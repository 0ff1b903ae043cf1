"""Run by test_environment_tools."""

print(__file__)
