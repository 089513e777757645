/** Prompts for a first try, of words that the bundled text encoder knows. */
export const ideas = ["a red apple", "a sailing boat at sea", "a castle at sunset", "a bowl of green pears"];

/** What the first row proposes while it is empty, and what the others do. */
export const placeholders = ["a red apple", "a watercolour painting"];
