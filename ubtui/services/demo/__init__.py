"""A believable small district to practise on, with planted trouble and its answer key."""
