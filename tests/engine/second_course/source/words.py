# %% [markdown]
# # Words
# One function in plain Python.

# %% role="author"
from autograder import check


# %% grade_id="count_words" role="solution"
def count_words(text: str) -> dict[str, int]:
    """How often each word stands in `text`, in lower case; words are what white space divides."""
    ### BEGIN SOLUTION
    counts: dict[str, int] = {}
    for word in text.lower().split():
        counts[word] = counts.get(word, 0) + 1
    return counts
    ### END SOLUTION


# %% grade_id="test_count_words" role="test" points=4
assert count_words("to be or not to be") == {"to": 2, "be": 2, "or": 1, "not": 1}
### BEGIN HIDDEN TESTS
check("count_words")
### END HIDDEN TESTS
