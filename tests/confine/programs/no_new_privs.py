"""Run by test_landlock_scopes: prints the flag."""

words = open("/proc/self/status").read().split()
print(words[words.index("NoNewPrivs:") + 1])
