"""An nbgrader course whose judge is ours. Read by nbgrader and by `autograder` alike."""

c = get_config()  # noqa: F821  # given by the loader of traitlets

c.CourseDirectory.course_id = "llm-foundations"

# The stub of a function names it: raise NotImplementedError("softmax").
c.GenerateAssignment.preprocessors = [
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.LockCells",
    "autograder.authoring.clearsolutions.NamedClearSolutions",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# `nbgrader autograde` and the formgrader's button: our judge in the place of nbgrader's Execute.
c.Autograde.autograde_preprocessors = [
    "autograder.grading.preprocessor.Judge",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# `nbgrader generate_feedback` and the formgrader's button: our page, with the marks and comments of the gradebook.
c.GenerateFeedback.exporter_class = "autograder.feedback.exporter.FeedbackExporter"
c.GenerateFeedback.preprocessors = []  # the page reads the gradebook by itself
# Students see the code of test cells, hidden tests with it, and all that ran there:
# c.FeedbackExporter.show_tests = True

# The formgrader shows outputs without scripts, handlers, frames and forms. Text cells it shows as they are.
c.HTMLExporter.sanitize_html = True

# Where this course lies on GitHub, "owner/name" or "owner/name@branch". The "Open in Colab" badge of a notebook leads
# there, and its data come from there. Name your own, then run: autograder compile
c.Autograder.repository = "YOUR_NAME/YOUR_COURSE"

# Limits of one submission; these are the defaults, see `autograder/limits.py`.
# c.Autograder.cell_seconds = 30.0
# c.Autograder.probe_seconds = 10.0
# c.Autograder.submission_seconds = 300.0
# c.Autograder.cpu_seconds = 240
# c.Autograder.memory_mib = 4096
# c.Autograder.processes = 64
# c.Autograder.file_mib = 64
# c.Autograder.scratch_mib = 256
# c.Autograder.output_kib = 2048
# c.Autograder.jobs = 0        # one for each core
# c.Autograder.device = "auto"  # the GPU if there is one
# c.Autograder.tier = None      # the best sandbox tier of 2 and 1; 0 (rlimits only) must be asked for
# c.Autograder.anonymous = False  # True: the page never shows whose written answer it is
