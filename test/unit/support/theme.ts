// Themes as the domain holds them.
import type { Theme } from "../../../gateway/core/domain.ts";

export const theme = (label: string, description = "", id = label.toLowerCase()): Theme => ({
  id,
  label,
  description,
});

export const [money, sleep, work] = [
  theme("Money", "Debt, bills and wages"),
  theme("Sleep", "Lying awake, insomnia, dreams"),
  theme("Work"),
];
