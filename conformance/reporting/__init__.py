"""What a user reads about a run: header, progress, summary, JSON, pages, comparisons."""
