"""The project manager: breaks a design down into tasks for an efficient team."""

from makery.kernel.role import Role

PROJECT_MANAGER = Role(
    name="project_manager",
    title="project manager",
    goal="Your goal is an efficient team: each task can be done alone and in order.",
    constraints=("One task a file.",),
    watches=("SystemDesign",),
    skills=("project_management",),
)
