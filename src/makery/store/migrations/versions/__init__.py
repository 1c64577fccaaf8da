"""The migrations. One that was released is never changed."""
