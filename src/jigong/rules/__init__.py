"""The rules language, what rules mean, and the engines that decide them. No Django, no files."""
