package nearmiss

import "strings"

// set returns the set of the words of a text.
func set(text string) map[string]bool {
	all := map[string]bool{}
	for w := range strings.FieldsSeq(text) {
		all[w] = true
	}
	return all
}

// titles and particles occur beside names without being names.
var (
	titles = set(`dr prof professor mr mrs ms miss mister herr frau fru hr hrn mme mlle monsieur madame ing dipl mag
		phd msc bsc mba cand jr sr pan pani sir dame lic doc inz eng extern external ext`)
	particles = set(`von van der den de del della di da du des la le les el al ul ibn bin bint ben ould af av zu zum
		zur ter ten dos das y e`)
)

// openDomains give addresses to everybody: sharing one is no evidence.
var openDomains = set(`gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com icloud.com me.com
	mac.com aol.com gmx.de gmx.net gmx.com web.de t-online.de freenet.de proton.me protonmail.com mail.com mail.dk
	hotmail.dk live.dk yahoo.dk jubii.dk stofanet.dk orange.fr free.fr laposte.net wanadoo.fr sfr.fr hotmail.fr
	yahoo.fr wp.pl onet.pl o2.pl interia.pl gazeta.pl hotmail.co.uk yahoo.co.uk btinternet.com outlook.dk outlook.de
	outlook.fr yahoo.de hotmail.de posteo.de mailbox.org zoho.com yandex.com`)

// secondLevel are labels above the organisations of a country, as in co.uk.
var secondLevel = set(`co com org net ac gov edu or ne go`)

// variantGroups are lines with the forms of one given name: short forms and the
// spellings of names from other scripts. A short form may be in several lines.
var variantGroups = strings.Split(strings.TrimSpace(`
alexander alex aleksander alexandre alexandr aleksandr alessandro sasha sascha xander olek
alexandra alex aleksandra sandra ola
alexis alex
erik eric
claus klaus
carsten karsten
karin carin
oskar oscar
annika anika
kaspar casper kasper
astrid astrit
lotte lotta
marc marcus markus
andreas andy andi
andrew andy drew
andre andrew
anthony tony antony
anton antoni toni tony
antoine antonin
benjamin ben benny benji
birgit birgitte birgitta gitte
katharina kathrin katrin kathi katarina catharina kati kaethe
catherine kate katie kathy cathy katherine kathryn cath
katrine kathrine cathrine trine catrine katrin
katarzyna kasia
charlotte lotte charlott lottie
charles charlie chuck
karl carl kalle
christian kristian chris
christopher christoffer kristoffer chris christoph kris topher stoffer
christophe chris
christina kristina christine kristine tina stine chris krystyna
daniel dan danny
danielle dany
david dave
dominik dominic dominique nick
dorothea dorothee dorte dorthe thea
edward ed eddie eddy ted
elisabeth elizabeth elsbeth elzbieta liz beth betty lisbeth lisbet lisa lizzie eliza ela elise bettina
eleanor ellie nora
emanuel emmanuel manu
manuel manu
eva ewa eve
ferdinand ferdi
francis frank
franziska franzi
francois fran
franciszek franek
frederik fredrik freddy frede frits
friedrich fritz fred
frederick fred freddie frederic
gabriel gabe
gabriela gabi gabriele gaby gabrielle
georg george georges schorsch
gerhard gerd gert
gregory greg gregor
grzegorz greg
helena helene helen lena leni
henrik hendrik henryk heinrich
henry harry hank
heinrich heinz
isabella isabel isabelle bella izabela isa izzy
jacob jakob jake
jakub kuba
james jim jimmy jamie
jennifer jenny jen jenni
jessica jess jessie
joanna jo asia
johanna jo hanna johanne
johannes hannes johan
john jack johnny jon
jonathan jon jonny nathan
joseph joe josef jozef
josephine josefine fine josie
julia julie jule
joachim jochen achim
jorgen joergen jurgen juergen
jerzy jurek
camilla kamilla milla
kimberly kim
lawrence larry laurence laurent
leonard leonhard leo lennart leonardo leon
louis lewis louie
ludwig ludvig lutz
lukas lucas lukasz luke luca
magdalena magda lena malene magdalene madeleine
malgorzata gosia
margarethe margrethe grete grethe greta margarete margareta
margaret maggie meg peggy
mark marc markus marcus
martha marta
martin marty
martine martina
matthew matt matty
matthias mathias mattias matias mathieu matthieu matze
maximilian max maximilien maksymilian maks
michael mikael mike mick micky michel michal
michelle michele shelly
monika monica monique
natalia natalie nathalie natasha
nicholas nicolas nick nicky
nikolaj nikolai nicolai nicolaj nikolaus niko nico klaus
niklas niclas nik
nicole nicki nicky nikki
oliver oli ollie olivier
olaf oluf olav ole
pamela pam
patricia pat patty patrycja tricia trish
patrick pat paddy patryk
paul poul paulus
pauline paula
peter pete peder petr pieter petter
philip philipp phil philippe filip phillip
rasmus ras
rebecca becky rebekka rebekah
richard rick rich dick ryszard rikard richie
robert rob bob bobby roberto
ronald ron ronnie
rudolf rudi rudolph
samuel sam sammy
samantha sam
sebastian basti seb sebastien bastian bastien
stefan stephan stephen stefen
steven steve stephen steffen
stephanie stefanie steffi stefania stephie
susanne susan sue susanna suzanne susie sanne
zuzanna susanna zuza
theodor theo theodore ted teddy
theresa teresa therese tess
thomas tom tommy tomasz tomas tomek
timothy tim timmy timo
tobias tobi toby tobiasz
ulrich uli ulrik
ulrike uli ulla
valentin valentine
victoria vicky viktoria vicki wiktoria
viktor victor wiktor vic
walter walther walt
william bill will billy willy liam wilhelm vilhelm willi guillaume
wojciech wojtek
wolfgang wolf
sofie sophie
sofia sophia zofia zosia
agnieszka aga
annemarie annemie
barbara basia barb babs
ewelina evelina eveline evelyn
jaroslaw jarek
przemyslaw przemek
stanislaw stan staszek
krzysztof krzys krzysiek
malgorzata malgosia
tadeusz tadek
zbigniew zbyszek
mohamed muhammad mohammad mohammed muhammed mohamad mohamud muhamed mehmet mohd muhamad mouhamed
mahmoud mahmud mehmood mahmood
ahmed ahmad ahmet achmed
hussein hussain husain husein hossein houssein hosein hussien husayn hussin hossain
hassan hasan hassen hasen
yusuf youssef yousef yusef yousuf youssouf josef yusif
ibrahim ebrahim ibraheem brahim
ali aly alee
omar umar omer oumar
khaled khalid chaled
said saeed sayed saied syed sayyid saed
abdullah abdallah abdulla abdalla abdollah
abdulrahman abdelrahman abdurrahman abdurahman abderrahmane abdulrahim abdalrahman
mustafa mostafa moustafa mustapha
fatima fatma fatimah fatema fatemeh fatime fatimeh
aisha aysha aicha ayesha aischa aishah aysa
maryam mariam meryem miriam mariama maryem
layla leila laila leyla leyli
zaynab zainab zeinab zeynep zineb
noor nour nur noura
karim kareem kerim
rashid rasheed rachid rasched
jamal gamal djamal cemal
samir sameer
tariq tarek tarik tareq
walid waleed oualid
amina aminah amine ameena
amin ameen
khadija khadijah chadija hatice khadidja
hamza hamzah hamzeh
bilal belal
yasin yaseen yassin yassine jasin
nasser nasir naser nassar
jaber jabir gaber
osman othman uthman
hamid hameed
salim saleem selim
yahya yehia yahia
sara sarah
hannah hanna hana hanaa
huda houda hoda
faisal faysal feisal
suleiman sulaiman soliman suleyman sulayman
haidar haydar haider
qasim kassem kasim qassem
`), "\n")

// variants maps a form of a given name to its groups.
var variants = func() map[string][]int {
	all := map[string][]int{}
	for i, line := range variantGroups {
		for w := range strings.FieldsSeq(line) {
			all[w] = append(all[w], i)
		}
	}
	return all
}()

// maxVariants is the most other forms of a name that are looked up.
const maxVariants = 12

// variantsOf lists the other forms of a given name.
func variantsOf(word string) []string {
	var all []string
	for _, i := range variants[word] {
		for w := range strings.FieldsSeq(variantGroups[i]) {
			if w != word && len(all) < maxVariants {
				all = append(all, w)
			}
		}
	}
	return all
}

// areVariants reports whether two words are forms of one given name.
func areVariants(a, b string) bool {
	for _, i := range variants[a] {
		for _, j := range variants[b] {
			if i == j {
				return true
			}
		}
	}
	return false
}

// common are given and family names with similar other ones: two of them are two
// people's names, not one mistyped.
var common = set(`anna anne anni anja ana ann lars mads lasse lisa lise lene lena line lina jan jane jens jonas jon
	john jean joan karen karin kari kirsten kristen katrin katrine kim tim tom jim jakob jacob maria marie marta
	martha mari mario marius maja mia pia ida eda ada hans hanne hanna hannah henrik hendrik erik erika eric frederik
	frederikke frederika ole ola ulla ella elna elsa else ilse inge inga inger peter petra per pernille pia paul paula
	poul christian christina christine kristian kristina kristine martin martina morten thomas daniel daniela danielle
	michael michaela mikkel mikael simon simone stefan stefanie steffen jana jona julia julie julian juliane juliette
	emil emilie emily emma elma alma anton antonia antonie oscar oskar sara sarah clara klara laura lara lena leon
	leonie louis louise luis luise jonna johanne johanna johan johann johannes nina tina dina gina rina trine stine
	birte birgit bente bent bengt bodil bo boris marek marcin piotr pawel jerzy adam ada ewa ewelina ola olga magda
	marta monika nicolas nicolai nicole noah nora nour noor ali alia amin amina karim karima samir samira rashid
	rashida hassan hussein omar umar minh linh anh hanh thanh thao thu thuy tuan tuyen van vang lan long loan hai hao
	hoa hong hung huong hieu hien ha han nam nga ngan ngoc hansen jensen jansen janssen johansen johnson jonson
	nielsen nilsen larsen lassen madsen matzen christensen christiansen kristensen kristiansen petersen pedersen
	andersen andresen sorensen soerensen olsen olesen poulsen paulsen moller moeller muller mueller schmidt schmid
	schmitt schmitz meyer meier maier mayer mair bauer baur becker beck berg berger burg burger hoffmann hofmann
	hartmann herrmann hermann lehmann neumann naumann kowalski kowalska nowak nowacki nowakowski wisniewski wisniewska
	wojcik wozniak kaminski kaminska zielinski zielinska martin martinez bernard bertrand dubois dupont durand dumont
	moreau morel simon simonet laurent laurens lefebvre lefevre leroy leroux brown browne clark clarke davis davies
	evans evens harris harrison morris morrison robert roberts robertson robinson robson smith smyth thomas thompson
	thomson williams williamson wilson watson walker jackson johnston nguyen tran tram le ly li lo pham phan phung
	hoang huynh vu vo ho ngo do dang dinh duong ahmed ahmad mohamed hamed hamid mahmoud hassan hussein husseini
	ibrahim ismail khalil khaled said saeed salem salim saleh nasser mansour`)
