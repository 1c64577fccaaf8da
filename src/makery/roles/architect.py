"""The architect: turns product requirements into a design that a program can check."""

from makery.kernel.role import Role

ARCHITECT = Role(
    name="architect",
    title="architect",
    goal="Your goal is a small, clear design whose parts fit together.",
    constraints=("Prefer the standard library and few files.", "Use the names that the requirement gives."),
    watches=("ProductRequirements", "ApiReview"),
    skills=("design_filenames", "design_api", "design_api_review", "analyze_dep_libs"),
)
