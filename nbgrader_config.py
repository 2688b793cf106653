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
# c.Autograder.input_sets = 32  # sets of hidden inputs; the code of a function decides by which of them it is judged

# What `autograder certify` demands of a bank of checks, beyond a proof that it judges right; by default nothing.
# Not yet demanded here: "mutants" (no small mistake in the solution passes), "sizes" (those in the fixtures tell) and
# "stable" (the same verdicts whatever the inputs).
c.Autograder.demands = {
    "variants": 5,
    "misconceptions": 8,
    "meta": True,  # a check on a device without data, where it shows if something is made on the CPU
    "functions": {
        # the heart of the course
        "scaled_dot_product_attention": {"variants": 6, "misconceptions": 15},
        "MultiHeadAttention": {"misconceptions": 15},
        "gpt2_logits": {"misconceptions": 15},
        "top_p_filter": {"misconceptions": 15},
        "sgns_loss": {"misconceptions": 15},
        "decode_step": {"misconceptions": 15},
        # those that must read values, or take no tensor
        "generate": {"misconceptions": 15, "meta": False},
        "sample_next": {"misconceptions": 15, "meta": False},
        "analogy": {"misconceptions": 15, "meta": False},
        "skip_gram_pairs": {"meta": False},
        "most_similar": {"meta": False},
        "train_word2vec": {"meta": False},
        "count_parameters": {"meta": False},
        "greedy": {"meta": False},
        "beam_search": {"meta": False},
        "sinusoidal_positions": {"meta": False},
        "split_stories": {"meta": False},
        "ngram_loss": {"misconceptions": 15, "meta": False},
        "fit_power_law": {"misconceptions": 15, "meta": False},
        "bits_per_byte": {"meta": False},
        "rollout": {"meta": False},
        "count_linear_parameters": {"meta": False},
        "linear_regression": {"meta": False},
        "bigram_counts": {"meta": False},
        "last_state": {"meta": False},
        "least_squares_at": {"meta": False},
        "new_tokens_left": {"meta": False},
        "penalised": {"meta": False},
        "share_in_percent": {"meta": False},
        "beliefs": {"meta": False},
        "witnesses": {"meta": False},
    },
}
