"""Files in and out: formats of meters, banks and counties, and exports."""
