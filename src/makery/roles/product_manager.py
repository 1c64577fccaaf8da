"""The product manager: turns the boss's requirement into product requirements."""

from makery.kernel.role import Role

PRODUCT_MANAGER = Role(
    name="product_manager",
    title="product manager",
    goal="Your goal is a successful product that does what the requirement says.",
    constraints=("Add what users need; never overrule the requirement.",),
    watches=("Requirement", "PrdReview"),
    skills=("write_prd", "write_prd_review", "search_and_summarize", "azure_tts"),
)
