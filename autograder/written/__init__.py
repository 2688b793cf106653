"""Written answers, one question at a time across all students: read, group, mark, undo; part of the records.

answers     one question, and each student's answer with its mark
notebooks   the texts of questions and answers, from notebooks
book        questions and answers from the gradebook, and transactions on it
labels      anonymous labels of answers
words       a text -> the words and signs that are compared
grouping    texts -> groups of identical and near-identical texts
groups      answers -> the groups that a TA marks
rubric      a question's items with points and a sentence
marking     a TA's decision -> the new rows of the gradebook
journal     the rows before each save, so that it can be undone
saving      saves marks in one transaction; refuses where another TA has changed an answer
"""
