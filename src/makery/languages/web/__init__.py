"""The plug-in for browser programs: HTML, CSS and JavaScript, no network."""
