"""Who is asked, what is drawn, asked and judged, and what is found."""
