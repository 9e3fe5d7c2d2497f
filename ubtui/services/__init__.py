"""What the office does: one file an area, one public function an act or a question."""
