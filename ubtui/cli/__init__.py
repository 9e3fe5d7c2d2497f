"""The desk from the shell: headless commands, one module an area."""
