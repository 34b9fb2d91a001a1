"""Excel on Windows and Mac through xlwings: the add-in and its builder, what the add-in calls, install and doctor."""
