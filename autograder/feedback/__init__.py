"""The page that a student reads, made by nbgrader's generate_feedback of the autograded notebook and the gradebook."""
