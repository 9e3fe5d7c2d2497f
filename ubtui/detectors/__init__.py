"""The worklist's eyes: what is wrong today, found set-based in SQL and healed in the act's own commit."""
