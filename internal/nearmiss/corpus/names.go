package corpus

import "strings"

// culture is an origin of names. Given and family names are listed by frequency;
// heads and tails combine to rare family names.
type culture struct {
	given, family []string
	heads, tails  []string // of rare family names
	familyFirst   bool     // the family name is written first
	article       []string // before some family names
	domain        int      // index in the world's domains, where most people work
}

func list(s string) []string { return strings.Fields(s) }

// World is a set of names and companies.
type World struct {
	cultures []culture
	domains  []site
	partners []string // domains of guests
}

// site is a company's domain and how it makes account names.
type site struct {
	domain   string
	siblings string // other domains of the same company, separated by blanks
	schemes  string // of account names, see localOf; separated by blanks
}

// Development is the world on which weights are chosen.
func Development() World {
	return World{
		domains: []site{
			{"nordhavn.dk", "nordhavn.com nordhavn.onmicrosoft.com it.nordhavn.dk nordhavn-group.com nordhavn.no",
				"first.last"},
			{"hafenwerk.de", "hafenwerk.com hafenwerk.eu hafenwerkag.onmicrosoft.com mail.hafenwerk.de", "first.last"},
			{"portowe.pl", "portowe.com.pl portowe.eu portowe.onmicrosoft.com", "flast"},
			{"quaibleu.fr", "quaibleu.com quai-bleu.fr quaibleu.onmicrosoft.com", "first.last"},
			{"harbourline.co.uk", "harbourline.com harbourline.onmicrosoft.com uk.harbourline.com", "first.last"},
		},
		partners: list("konsulenterne.dk ratgeber.de doradcy.pl gmail.com outlook.com consulting-partners.com"),
		cultures: developmentCultures,
	}
}

// developmentCultures are the cultures of Development.
var developmentCultures = []culture{
	{
		given: list(`Anne Lars Mette Peter Kirsten Jens Hanne Michael Anna Henrik Helle Thomas Lene Søren Maria Jan
			Susanne Christian Marianne Martin Camilla Morten Pia Jesper Tina Niels Louise Rasmus Charlotte Mads Bente
			Anders Gitte Hans Karen Jørgen Inge Kasper Ida Ole Emma Erik Maja Mikkel Freja Emil Sofie Frederik Julie
			Oliver Laura Åse Bjørn Jakob Katrine Alexander Signe Nikolaj Line Simon`),
		family: list(`Nielsen Jensen Hansen Pedersen Andersen Christensen Larsen Sørensen Rasmussen Jørgensen Petersen
			Madsen Kristensen Olsen Thomsen Christiansen Poulsen Johansen Møller Mortensen Knudsen Jakobsen Mikkelsen
			Frederiksen Lund Holm Schmidt Eriksen Østergaard Kjær Bæk Friis Krogh Dahl Juhl Bang Vestergaard Overgaard
			Ågaard Skov`),
		heads: list(`Nør Sønder Vester Øster Linde Bjerre Kirke Skov Dal Holme Bøge Ege Sten Grøn Kær Å Høj Brande
			Toft Ravn Ulv Fisker Møller Strand`),
		tails: list("gaard berg lund bæk skov toft mark holt by strup dal kjær høj vang"),
	},
	{
		given: list(`Thomas Anna Michael Sabine Andreas Susanne Stefan Petra Christian Birgit Markus Nicole Daniel
			Katharina Martin Julia Peter Claudia Wolfgang Ursula Jürgen Monika Alexander Stefanie Sebastian Kathrin
			Tobias Heike Matthias Andrea Jörg Björn Käthe Günther Maximilian Elisabeth Johannes Franziska Benjamin
			Lena Friedrich Hannelore Ulrich Jana Florian Silke Dieter Gisela Felix Laura`),
		family: list(`Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer
			Richter Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Schmitt Werner
			Krause Meier Lehmann Schmid Köhler Maier Huber Kaiser Fuchs Weiß Jung Groß Möller König Böhm Jäger`),
		heads: list(`Stein Hoff Berg Wald Linden Roth Schön Klein Lang Ober Unter Nieder Eich Buchen Brunn Kirch
			Habers Weiß Grün Königs`),
		tails: list("mann meier bauer berger hauser feld stein hofer müller brecht kamp bach"), domain: 1,
	},
	{
		given: list(`Anna Piotr Katarzyna Krzysztof Małgorzata Andrzej Agnieszka Tomasz Barbara Paweł Ewa Jan Krystyna
			Marcin Magdalena Michał Elżbieta Jakub Joanna Łukasz Zofia Stanisław Aleksandra Grzegorz Monika Mateusz
			Beata Wojciech Dorota Przemysław Karolina Zbigniew Justyna Maciej Natalia Dariusz Jolanta Rafał Sławomir
			Żaneta`),
		family: list(`Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak
			Dąbrowski Kozłowski Jankowski Mazur Kwiatkowski Krawczyk Kaczmarek Piotrowski Grabowski Zając Pawłowski
			Michalski Król Wieczorek Jabłoński Wróbel Nowakowski Majewski Olszewski Stępień Malinowski Jaworski
			Adamczyk Dudek Pawlak Górski Sikora Walczak Rutkowski Michalak`),
		heads: list(`Borow Sokoł Lip Brzoz Dęb Jawor Kalin Klon Ostrow Rusz Sad Star Wil Zawad Gór Leś Grab Czarn Biał
			Wierzb`),
		tails: list("ski icki owski ewicz owicz czyk iński ak"), domain: 2,
	},
	{
		given: list(`Marie Jean Nathalie Pierre Isabelle Michel Sylvie Philippe Catherine Nicolas Christine Laurent
			Stéphanie Christophe Céline Julien Valérie Frédéric Sandrine Sébastien Émilie François Hélène Guillaume
			Aurélie Thierry Camille Mathieu Véronique Jérôme Chloé Antoine Léa Benoît Anaïs Rémi Élodie Cédric Agnès
			Loïc`),
		family: list(`Martin Bernard Thomas Petit Robert Richard Durand Dubois Moreau Laurent Simon Michel Lefèvre
			Leroy Roux David Bertrand Morel Fournier Girard Bonnet Dupont Lambert Fontaine Rousseau Vincent Müller
			Lefebvre Faure André Mercier Blanc Guérin Boyer Garnier Chevalier François Legrand Gauthier Garcia`),
		heads: list(`Beau Mont Ville Rive Bois Font Champ Roche Clair Val Grand Petit Haut Bel Mar Cour Tour Char Ber
			Gal`),
		tails: list("mont ville court champ fort don lier tier rand net lin belle"), domain: 3,
	},
	{
		given: list(`James Sarah David Emma John Laura Michael Claire Paul Rebecca Andrew Emily Mark Catherine Daniel
			Hannah Robert Charlotte William Jessica Christopher Elizabeth Matthew Lucy Stephen Samantha Thomas
			Victoria Alexander Jennifer Richard Helen Jonathan Katherine Benjamin Sophie Anthony Nicola Joseph
			Margaret Edward Alice Samuel Patricia Oliver Grace George Amelia`),
		family: list(`Smith Jones Williams Taylor Brown Davies Evans Wilson Thomas Johnson Roberts Robinson Thompson
			Wright Walker White Edwards Hughes Green Hall Lewis Harris Clarke Patel Jackson Wood Turner Martin Cooper
			Hill Ward Morris Moore Clark Lee King Baker Harrison Morgan Allen`),
		heads: list(`Ash Black Brad Brook Carl Chester Dun East Ferns Gold Hart Hather Holl King Lang Mill North Oak
			Pem Red Stan Thorn West Whit`),
		tails: list("ton ford ley worth field well by brook wood ham stead more"), domain: 4,
	},
	{
		given: list(`Anh Minh Hoa Hùng Lan Dũng Hương Tuấn Linh Thảo Đức Mai Quang Trang Phương Nam Thủy Hải Ngọc Long
			Hạnh Sơn Yến Khánh Bình Thanh`),
		family: list(`Nguyễn Trần Lê Phạm Hoàng Phan Vũ Đặng Bùi Đỗ Hồ Ngô Dương Lý`), familyFirst: true,
	},
	{
		given: list(`Mohamed Fatima Ahmed Aisha Ali Maryam Omar Layla Hassan Zainab Hussein Amina Yusuf Khadija
			Ibrahim Noor Khaled Huda Mustafa Salma Abdullah Yasmin Tariq Rania Samir Dina Karim Mona Bilal Nadia Walid
			Hana Mahmoud Samira`),
		family: list(`Hassan Hussein Ahmed Ali Khalil Ibrahim Mansour Saleh Nasser Haddad Khoury Rahman Aziz Hamdan
			Najjar Qasim Sabbagh Farouk Darwish Masri Shaheen Othman Jaber Zaid Bakri Fayed`), article: list(`
				Al- El- Al el- Abu`),
	},
}

// HeldOut is the world on which the weights are measured.
func HeldOut() World {
	return World{
		domains: []site{
			{"fjordkraft-energi.dk", "fjordkraft-energi.com fjordkraft.onmicrosoft.com hr.fjordkraft-energi.dk " +
				"fjordkraft.dk", "first.last"},
			{"brueckenbau.de", "brueckenbau.com brueckenbau.at brueckenbaugmbh.onmicrosoft.com", "f.last"},
			{"zielonaenergia.pl", "zielonaenergia.com zielona-energia.pl zielonaenergia.onmicrosoft.com", "first.last"},
			{"ateliersduport.fr", "ateliersduport.com ateliers-du-port.fr ateliersduport.onmicrosoft.com",
				"first.last"},
			{"moorgate.org.uk", "moorgate.com moorgate.onmicrosoft.com staff.moorgate.org.uk", "first.last flast"},
		},
		partners: list(`bureau-veritas-nord.dk tischlerei-ost.de yahoo.com hotmail.com atelier-sud.fr
			northgate-advisors.com`),
		cultures: heldOutCultures,
	}
}

// heldOutCultures are the cultures of HeldOut.
var heldOutCultures = []culture{
	{
		given: list(`Birgitte Klaus Dorthe Flemming Annette Torben Sanne Kim Lone Per Jette Carsten Trine Bo Heidi
			Jacob Rikke Allan Stine Brian Ulla Steen Ditte Kenneth Cecilie Claus Mathilde Tobias Amalie Gustav
			Victoria Villads Josefine Asger Astrid Storm Sørine Kåre Ragnhild Troels`),
		family: list(`Jespersen Bertelsen Laursen Simonsen Svendsen Iversen Andreasen Lauridsen Bruun Winther Clausen
			Kristoffersen Kruse Holst Nygaard Toft Bech Daugaard Mogensen Thorsen Søndergaard Nørgaard Brøndum Lykke
			Hjort Vinther Jepsen Gram Berthelsen Fogh Dam Lorentzen`),
		heads: list(`Tolst Røde Lille Store Munke Bisp Kongs Ager Hede Mose Lyng Frede Havn Sand Tang Vand Pile Birke
			Hassel Elle`),
		tails: list("rup lev løse bjerg borg ager næs vig lund bro have sted"),
	},
	{
		given: list(`Uwe Karin Frank Ingrid Bernd Renate Ralf Angelika Dirk Kerstin Holger Anja Jens Ute Torsten
			Simone Kai Bettina Sven Martina Lukas Sophie Leon Marie Philipp Lea Niklas Charlotte Joachim Margarethe
			Gerhard Brigitte Hans Hildegard Wilhelm Dorothea Jürgen Rüdiger Götz Bärbel`),
		family: list(`Keller Vogel Friedrich Berger Winkler Roth Beck Lorenz Baumann Franke Albrecht Schuster Simon
			Ludwig Böttcher Winter Kraus Martin Schumacher Vogt Stein Jäger Otto Sommer Groß Seidel Heinrich Brandt
			Haas Schreiber Graf Dietrich Ziegler Kuhn Kühn Pohl Engel Horn Busch Günther`),
		heads: list(`Wester Sauer Pfeffer Eisen Kupfer Silber Schatten Morgen Abend Frei Hart Leicht Sonnen Mond Stern
			Feuer Wasser Erd`),
		tails: list("rath heim schmidt wald loh horst eder inger ner ling hoff mayer"), domain: 1,
	},
	{
		given: list(`Teresa Marek Danuta Jerzy Iwona Robert Renata Adam Bożena Kamil Marta Artur Halina Sebastian
			Izabela Mariusz Alicja Patryk Weronika Damian Urszula Radosław Wiktoria Jarosław Julia Bartosz Maja Szymon
			Oliwia Filip Gabriela Igor Lucyna Zdzisław Świętosława Bogumił`),
		family: list(`Zawadzki Sadowski Bąk Chmielewski Włodarczyk Borkowski Czarnecki Sawicki Sokołowski Urbański
			Kubiak Maciejewski Szczepański Kucharski Wilk Kalinowski Lis Mazurek Wysocki Adamski Kaźmierczak
			Wasilewski Sobczak Czerwiński Andrzejewski Cieślak Głowacki Zakrzewski Kołodziej Sikorski Krajewski
			Gajewski Szulc Laskowski Ziółkowski Makowski Błaszczyk`),
		heads: list(`Jasin Modrz Topol Wiąz Buk Jesion Orl Wron Kruk Sow Gołęb Bocian Żuraw Lisi Nied Kuźn Młyn Mur
			Krawc Szew`),
		tails: list("owski iecki ewski czak iak ownik ura cki"), domain: 2,
	},
	{
		given: list(`Patrick Brigitte Alain Monique Éric Corinne Olivier Martine David Françoise Vincent Jacqueline
			Thomas Annie Maxime Danielle Alexandre Virginie Romain Caroline Clément Pauline Hugo Manon Lucas Inès
			Gérard Béatrice René Joëlle Gaëlle Noémie Cyril Maëlle Zoé Théo Noël Geneviève`),
		family: list(`Masson Marchand Duval Denis Dumont Marie Lemaire Noël Meyer Dufour Meunier Brun Blanchard Giraud
			Joly Rivière Lucas Brunet Gaillard Barbier Arnaud Martinez Gérard Roche Renard Schmitt Roy Leroux Colin
			Vidal Caron Picard Roger Fabre Aubert Lemoine Renaud Dumas Lacroix Olivier`),
		heads: list("Des La Du Char Tré Ker Plou Guil Mal Bon Mi Sau Per Pré Ber Lan Mou Cha Bri Cou"),
		tails: list("bois lain mond gny nier vert rive sard teau vier neau quet"), domain: 3,
	},
	{
		given: list(`Peter Susan Simon Karen Nicholas Louise Philip Julie Ian Amanda Timothy Joanne Martin Alison
			Kevin Michelle Gareth Rachel Stuart Angela Neil Deborah Adam Natalie Luke Bethany Harry Chloe Jacob Megan
			Henry Isabella Theodore Abigail Frederick Eleanor Gregory Susannah Lawrence Ruth`),
		family: list(`Phillips Watson Bennett Carter Richardson Bailey Collins Bell Shaw Murphy Miller Cox Marshall
			Anderson Simpson Ellis Adams Wilkinson Foster Chapman Powell Webb Rogers Gray Mason Hunt Hussain Campbell
			Matthews Owen Palmer Holmes Mills Barnes Knight Lloyd Butler Russell Fisher Barker`),
		heads: list(`Aller Bark Cran Dray Elms Farn Gren Hors Inger Kel Lough Mar Nor Ox Pad Quor Rams Shel Tad Up Wen
			Yard`),
		tails: list("combe don bourne hurst gate ridge church minster thorpe wick cott lake"), domain: 4,
	},
	{
		given: list(`Hiền Cường Nhung Thắng Ly Trung Vân Phong Loan Tùng Diệp Việt Thu Kiên Nga Đạt Oanh Hiếu Giang
			Tâm Chi Toàn Quỳnh Lâm`),
		family:      list(`Nguyễn Huỳnh Võ Trương Đinh Đoàn Lâm Mai Trịnh Cao Tạ Phùng Lương Châu`),
		familyFirst: true,
	},
	{
		given: list(`Muhammad Amal Youssef Sara Said Leila Jamal Hiba Rashid Mariam Nabil Farah Tarek Reem Hamza Lina
			Anwar Rim Faisal Dalia Majid Nour Adel Sana Ismail Iman Ziad Houda Suleiman Aya Kamal Ghada`),
		family: list(`Hamid Sayed Mahmoud Suleiman Habib Khatib Ghanem Tahan Awad Amin Bashir Halabi Jabbour Kassem
			Maalouf Nouri Obeid Rashid Salem Tamimi Wahab Yousef Zahran Shami`), article: list(`Al- El- al- Al
				Bin`),
	},
}
