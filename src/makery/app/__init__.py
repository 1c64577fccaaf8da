"""The application: settings, the joining of parts, and the service that every interface calls."""
