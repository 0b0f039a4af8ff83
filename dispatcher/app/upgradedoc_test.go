package app_test

import "testing"

// The page about upgrades does what it says, and prints what it shows, in a folder
// that holds nothing but what the page makes.
func TestUpgradesPageShowsWhatIsPrinted(t *testing.T) {
	t.Parallel()
	s := newSitting(t)
	s.typed("export PATH=\"$PWD/switchhook/bin:$PATH\"\nrm -r bin switchhook.yaml token\n")
	printed := ""
	for _, b := range blocks(t, "docs/upgrading-a-plugin.md") {
		switch b.language {
		case "sh":
			printed = s.typed(b.text)
		case "text":
			if !shows(b.text).MatchString("\n" + alike(printed)) {
				t.Errorf("the page shows\n%s\nand this is printed:\n%s", b.text, printed)
			}
		default:
			s.rig.write(b.file, b.text)
		}
	}
	s.typed("stop\n")
	s.end()
}
