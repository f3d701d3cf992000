"""Publishing a change of the law: draft, check, everybody compared, a second person, in force on a day, rolled back."""
