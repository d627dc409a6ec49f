"""What a process tells its operators: figures to be scraped, where to scrape them, and log lines."""
