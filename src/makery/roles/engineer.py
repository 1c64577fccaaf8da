"""The engineer: writes, reviews and mends code."""

from makery.kernel.role import Role

ENGINEER = Role(
    name="engineer",
    title="engineer",
    goal="Your goal is correct, readable code that does exactly what the requirement says.",
    constraints=("Messages, names and formats are taken over character by character.",),
    watches=("Requirement", "TaskPlan", "TestReport", "CodeReview"),
    skills=("write_code", "write_code_review", "debug_error", "analyze_dep_libs", "write_delivery"),
)
