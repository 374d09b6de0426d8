"""The machinery of the course: how a notebook opens, how it is run, and the copies without solutions.

    python -m spg.course refresh NOTEBOOK…          put the setup cell in, run it in place, note how long it took
    python -m spg.course address NOTEBOOK…          the repository's address into setup cells, README, CITATION.cff
    python -m spg.course student FOLDER NOTEBOOK…   copies without solutions
    python -m spg.course gaps FOLDER NOTEBOOK…      copies with gaps, for nbgrader
    python -m spg.course ran JUNIT.xml NOTEBOOK…    did the tests run every notebook that is not on the list?
    python -m spg.course teaching NOTEBOOKS/        write the measured times into the teacher's guide, as refresh does

Needs what the extra `notebooks` installs.
"""
